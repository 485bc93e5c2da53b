<?php
$url = parse_url(getenv("DATABASE_URL"));
$options = isset($url["query"]) ? ";" . str_replace("&", ";", $url["query"]) : "";
$source = "pgsql:host={$url["host"]};port={$url["port"]};dbname=" . substr($url["path"], 1) . $options;
$database = new PDO($source, $url["user"], $url["pass"]);
$database->exec("CREATE TABLE IF NOT EXISTS berth (id serial PRIMARY KEY, ship text)");
echo "migrated\n";
