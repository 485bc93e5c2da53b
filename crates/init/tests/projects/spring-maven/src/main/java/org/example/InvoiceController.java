package org.example;

import org.springframework.web.bind.annotation.*;

@RestController
@RequestMapping("/invoices")
class InvoiceController {
    @PostMapping
    Invoice create(@RequestBody Invoice invoice) { return invoice; }

    @GetMapping("/{id}")
    Invoice read(@PathVariable long id) { return null; }

    @PutMapping("/{id}")
    Invoice update(@PathVariable long id, @RequestBody Invoice invoice) { return invoice; }

    @DeleteMapping("/{id}")
    void delete(@PathVariable long id) {}
}
