// Not run: there is no .NET on the machines where this project is tested.
// region docs
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization;

static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set");

var tokens = new Tokens(new HttpClient(), Variable("TOKEN_URL"), Variable("CLIENT_ID"), Variable("CLIENT_SECRET"));
using var client = new HttpClient(new BearerHandler(tokens) { InnerHandler = new HttpClientHandler() });
for (var call = 1; call <= 4; call++)
    Console.WriteLine((int)(await client.GetAsync(Variable("API_URL"))).StatusCode);

/// <summary>The kept token until a minute before its end, unless it is the refused one. One token request, however many callers.</summary>
class Tokens(HttpClient http, string tokenUrl, string clientId, string clientSecret)
{
    private readonly SemaphoreSlim turn = new(1);
    private string? token;
    private DateTimeOffset renewAt;

    public async Task<string> OtherThan(string? refused, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            if (token is not null && token != refused && DateTimeOffset.UtcNow < renewAt) return token;
            var pair = $"{Uri.EscapeDataString(clientId)}:{Uri.EscapeDataString(clientSecret)}";
            var request = new HttpRequestMessage(HttpMethod.Post, tokenUrl)
            {
                Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials" }),
            };
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
            var response = await http.SendAsync(request, cancel);
            response.EnsureSuccessStatusCode();
            var answer = (await response.Content.ReadFromJsonAsync<Answer>(cancel))!;
            renewAt = DateTimeOffset.UtcNow.AddSeconds(Math.Max(answer.Lifetime - 60, answer.Lifetime / 2));
            return token = answer.Token;
        }
        finally
        {
            turn.Release();
        }
    }

    record Answer([property: JsonPropertyName("access_token")] string Token, [property: JsonPropertyName("expires_in")] int Lifetime);
}

/// <summary>Renews the token once after a 401 with invalid_token, and waits as long as a 429 says, at most twice.</summary>
class BearerHandler(Tokens tokens) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        if (request.Content is not null) await request.Content.LoadIntoBufferAsync(cancel); // it may be sent again
        var renewed = false;
        for (var waits = 0; ;)
        {
            var token = await tokens.OtherThan(null, cancel);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var response = await base.SendAsync(request, cancel);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !renewed
                && response.Headers.WwwAuthenticate.ToString().Contains("error=\"invalid_token\""))
            {
                renewed = true;
                await tokens.OtherThan(token, cancel);
            }
            else if (response.StatusCode == HttpStatusCode.TooManyRequests && waits++ < 2)
            {
                var seconds = response.Headers.RetryAfter?.Delta?.TotalSeconds ?? 1;
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(seconds, 60)), cancel);
            }
            else return response;
            response.Dispose();
        }
    }
}
// endregion
