import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;

public class Main {
    public static void main(String[] arguments) throws Exception {
        for (int i = 0; i < 2; i++) {
            Connection database = DriverManager.getConnection(System.getenv("JDBC_URL"), "sailor", System.getenv("DB_PASSWORD"));
            PreparedStatement count = database.prepareStatement("SELECT count(*) FROM pg_class WHERE relname = ?");
            for (int j = 0; j < 8; j++) {
                count.setString(1, "berth");
                count.executeQuery();
            }
        }
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        System.out.println("listening on 8080");
    }
}
