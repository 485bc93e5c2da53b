package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	queue, err := os.OpenFile("/var/lib/harbour/queue.log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatalf("cannot open the queue: %v", err)
	}
	defer queue.Close()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	log.Println("listening on :8080")
	log.Fatal(http.ListenAndServe(":8080", nil))
}
