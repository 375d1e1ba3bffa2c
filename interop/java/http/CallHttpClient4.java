import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.apache.http.auth.UsernamePasswordCredentials;
import org.apache.http.client.entity.UrlEncodedFormEntity;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.client.methods.HttpPost;
import org.apache.http.impl.auth.BasicScheme;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.message.BasicNameValuePair;
import org.apache.http.util.EntityUtils;

class CallHttpClient4 {
    public static void main(String[] arguments) throws Exception {
        try (var http = HttpClients.createDefault()) {
            var request = new HttpPost(System.getenv("TOKEN_URL"));
            var client = new UsernamePasswordCredentials(System.getenv("CLIENT_ID"), System.getenv("CLIENT_SECRET"));
            request.addHeader(new BasicScheme().authenticate(client, request, null)); // preemptive: the first answer is no 401
            request.setEntity(new UrlEncodedFormEntity(List.of(new BasicNameValuePair("grant_type", "client_credentials"))));
            String token;
            try (var answer = http.execute(request)) {
                token = new ObjectMapper().readTree(EntityUtils.toString(answer.getEntity())).get("access_token").asText();
            }
            var call = new HttpGet(System.getenv("API_URL"));
            call.addHeader("Authorization", "Bearer " + token);
            try (var response = http.execute(call)) {
                System.out.println(response.getStatusLine().getStatusCode());
            }
        }
    }
}
