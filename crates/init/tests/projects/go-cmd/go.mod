module github.com/acme/ledger/v2

go 1.22.3

require (
	github.com/go-chi/chi/v5 v5.1.0
	github.com/jackc/pgx/v5 v5.7.1
	golang.org/x/sync v0.8.0 // indirect
)
