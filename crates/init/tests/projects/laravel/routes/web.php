<?php

use Illuminate\Support\Facades\Route;

Route::get('/up', fn () => 'ok');
Route::post('/customers', 'CustomerController@store');
