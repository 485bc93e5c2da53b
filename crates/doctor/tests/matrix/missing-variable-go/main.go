package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func required(name string) string {
	value, ok := os.LookupEnv(name)
	if !ok {
		log.Fatalf("config: required key %s missing value", name)
	}
	return value
}

func main() {
	required("WEBHOOK_SECRET")
	required("STRIPE_KEY")
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	log.Println("listening on :8080")
	log.Fatal(http.ListenAndServe(":8080", nil))
}
