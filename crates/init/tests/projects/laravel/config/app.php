<?php

return [
    'key' => env('APP_KEY'),
    'debug' => env('APP_DEBUG', 'false'),
    'database' => env('DATABASE_URL'),
];
