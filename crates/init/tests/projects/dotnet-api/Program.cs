var builder = WebApplication.CreateBuilder(args);
builder.Services.AddHealthChecks();
builder.Services.AddSwaggerGen();
var url = Environment.GetEnvironmentVariable("DATABASE_URL") ?? throw new InvalidOperationException("DATABASE_URL");
var app = builder.Build();
app.UseSwagger();
app.MapHealthChecks("/healthz");
app.MapPost("/books", (Book book) => Results.Created($"/books/{book.Id}", book));
app.MapGet("/books/{id}", (int id) => Results.Ok());
app.MapPut("/books/{id}", (int id, Book book) => Results.Ok(book));
app.MapDelete("/books/{id}", (int id) => Results.NoContent());
app.Run();

record Book(int Id, string Title);
