import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.DriverManager;

public class Main {
    public static void main(String[] arguments) throws Exception {
        Connection database = DriverManager.getConnection(System.getenv("JDBC_URL"), "sailor", System.getenv("DB_PASSWORD"));
        database.createStatement().execute("CREATE TABLE IF NOT EXISTS berth (id serial PRIMARY KEY, ship text)");
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        System.out.println("listening on 8080");
    }
}
