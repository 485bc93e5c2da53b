FROM mcr.microsoft.com/dotnet/sdk:6.0
WORKDIR /src
COPY . .
RUN dotnet restore
RUN dotnet publish -c Release -o /app
EXPOSE 80
ENTRYPOINT dotnet /app/Shop.dll
