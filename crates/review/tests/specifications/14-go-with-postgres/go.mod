module example.org/ledger

go 1.25

require github.com/jackc/pgx/v5 v5.6.0
