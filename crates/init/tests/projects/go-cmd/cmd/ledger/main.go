package main

import (
	"log"
	"net/http"
	"os"

	"github.com/acme/ledger/v2/internal/api"
)

func getEnv(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	url := os.Getenv("DATABASE_URL")
	if url == "" {
		log.Fatal("DATABASE_URL is not set")
	}
	log.Fatal(http.ListenAndServe(":"+getEnv("PORT", "9000"), api.New(url)))
}
