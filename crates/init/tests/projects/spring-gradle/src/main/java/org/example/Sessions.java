package org.example;

@RestController
class Sessions {
    @GetMapping("/ping")
    String ping() { return "pong"; }
}
