<?php
# getenv('NOT_READ')
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/health') {
    echo 'ok';
    exit;
}
echo 'Hello, ' . (getenv('GREETING_NAME') ?: 'world');
