<?php
/** @return array{status: int, headers: array<string, string>, body: string} */
function send(string $url, array $options): array
{
    $headers = [];
    $handle = curl_init($url);
    curl_setopt_array($handle, $options + [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 30,
        CURLOPT_HEADERFUNCTION => function ($_, string $line) use (&$headers) {
            if (str_contains($line, ':')) {
                [$name, $value] = explode(':', $line, 2);
                $headers[strtolower($name)] = trim($value);
            }
            return strlen($line);
        },
    ]);
    $body = curl_exec($handle);
    if ($body === false) throw new RuntimeException(curl_error($handle));
    return ['status' => curl_getinfo($handle, CURLINFO_RESPONSE_CODE), 'headers' => $headers, 'body' => $body];
}

class Tokens
{
    private ?string $token = null;
    private int $renewAt = 0;

    /** The kept token until a minute before its end, unless it is the refused one. With PHP-FPM keep it in APCu, for all requests. */
    public function otherThan(?string $refused): string
    {
        if ($this->token === null || $this->token === $refused || time() >= $this->renewAt) {
            $answer = send(getenv('TOKEN_URL'), [
                CURLOPT_USERPWD => rawurlencode(getenv('CLIENT_ID')) . ':' . rawurlencode(getenv('CLIENT_SECRET')),
                CURLOPT_POSTFIELDS => 'grant_type=client_credentials', // a text: of an array, curl makes multipart/form-data
            ]);
            if ($answer['status'] !== 200) throw new RuntimeException("no token: $answer[status] $answer[body]");
            ['access_token' => $this->token, 'expires_in' => $lifetime] = json_decode($answer['body'], true, 16, JSON_THROW_ON_ERROR);
            $this->renewAt = time() + max($lifetime - 60, intdiv($lifetime, 2));
        }
        return $this->token;
    }
}

/** Renews the token once after a 401 with invalid_token, and waits as long as a 429 says, at most twice. */
function get(Tokens $tokens, string $url): array
{
    for ($attempt = 1; ; $attempt++) {
        $token = $tokens->otherThan(null);
        $response = send($url, [CURLOPT_HTTPHEADER => ["Authorization: Bearer $token"]]);
        if ($response['status'] === 401 && str_contains($response['headers']['www-authenticate'] ?? '', 'error="invalid_token"')) {
            $token = $tokens->otherThan($token);
            $response = send($url, [CURLOPT_HTTPHEADER => ["Authorization: Bearer $token"]]);
        }
        if ($response['status'] !== 429 || $attempt === 3) return $response;
        sleep(min((int) ($response['headers']['retry-after'] ?? 1), 60));
    }
}

$tokens = new Tokens();
for ($call = 1; $call <= 4; $call++) echo get($tokens, getenv('API_URL'))['status'], "\n";
