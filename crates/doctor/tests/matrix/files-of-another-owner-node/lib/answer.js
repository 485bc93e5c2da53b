module.exports = "{}\n";
