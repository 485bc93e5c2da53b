package org.example;

@Path("/weather")
public class Weather {
    @GET
    public String now() { return "rain"; }
}
