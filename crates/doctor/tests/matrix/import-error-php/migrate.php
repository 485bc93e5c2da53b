<?php
$database = pg_connect(getenv("DATABASE_URL"));
pg_query($database, "CREATE TABLE IF NOT EXISTS berth (id serial PRIMARY KEY, ship text)");
echo "migrated\n";
