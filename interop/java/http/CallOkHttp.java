import com.fasterxml.jackson.databind.ObjectMapper;
import okhttp3.Credentials;
import okhttp3.FormBody;
import okhttp3.OkHttpClient;
import okhttp3.Request;

class CallOkHttp {
    static String fetchToken(OkHttpClient http) throws java.io.IOException {
        var request = new Request.Builder()
            .url(System.getenv("TOKEN_URL"))
            .header("Authorization", Credentials.basic(System.getenv("CLIENT_ID"), System.getenv("CLIENT_SECRET")))
            .post(new FormBody.Builder().add("grant_type", "client_credentials").build())
            .build();
        try (var answer = http.newCall(request).execute()) {
            return new ObjectMapper().readTree(answer.body().string()).get("access_token").asText();
        }
    }

    public static void main(String[] arguments) throws Exception {
        var plain = new OkHttpClient();
        // OkHttp asks its authenticator after each 401; the answer null ends that.
        var http = plain.newBuilder()
            .authenticator((route, response) -> response.priorResponse() != null ? null
                : response.request().newBuilder().header("Authorization", "Bearer " + fetchToken(plain)).build())
            .build();
        try (var response = http.newCall(new Request.Builder().url(System.getenv("API_URL")).build()).execute()) {
            System.out.println(response.code());
        }
        http.dispatcher().executorService().shutdown();
        http.connectionPool().evictAll();
    }
}
