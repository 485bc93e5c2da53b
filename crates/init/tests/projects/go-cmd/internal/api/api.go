package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

func New(url string) http.Handler {
	r := chi.NewRouter()
	r.Get("/livez", live)
	r.Post("/accounts", create)
	r.Get("/accounts/{id}", read)
	r.Put("/accounts/{id}", update)
	r.Delete("/accounts/{id}", remove)
	return r
}
