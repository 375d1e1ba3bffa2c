import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.entity.UrlEncodedFormEntity;
import org.apache.hc.client5.http.impl.auth.BasicScheme;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.message.BasicNameValuePair;
import java.net.URI;

class CallHttpClient5 {
    public static void main(String[] arguments) throws Exception {
        try (var http = HttpClients.createDefault()) {
            var url = URI.create(System.getenv("TOKEN_URL"));
            var request = new HttpPost(url);
            request.setEntity(new UrlEncodedFormEntity(List.of(new BasicNameValuePair("grant_type", "client_credentials"))));
            var basic = new BasicScheme();
            basic.initPreemptive(new UsernamePasswordCredentials(System.getenv("CLIENT_ID"), System.getenv("CLIENT_SECRET").toCharArray()));
            var context = HttpClientContext.create();
            context.resetAuthExchange(HttpHost.create(url), basic);
            String token = http.execute(request, context, answer ->
                new ObjectMapper().readTree(EntityUtils.toString(answer.getEntity())).get("access_token").asText());
            var call = new HttpGet(System.getenv("API_URL"));
            call.addHeader("Authorization", "Bearer " + token);
            int status = http.execute(call, response -> response.getCode());
            System.out.println(status);
        }
    }
}
