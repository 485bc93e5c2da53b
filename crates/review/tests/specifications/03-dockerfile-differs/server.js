const app = require('express')();
app.get('/health', (q, s) => s.end('ok'));
app.get('/ready', (q, s) => s.end('ok'));
app.listen(process.env.PORT || 3000);
console.log(process.env.DATABASE_URL ? 'database' : 'none');
