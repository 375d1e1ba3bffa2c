<?php
// region docs
/** Base64url as RFC 7515 has it. */
function decodePart(string $part): string
{
    return base64_decode(strtr($part, '-_', '+/'), true) ?: throw new UnexpectedValueException('not base64url');
}

/** DER, which OpenSSL reads: a tag, the length, the content. */
function der(int $tag, string $content): string
{
    $length = strlen($content);
    $bytes = $length < 128 ? chr($length) : ($length < 256 ? "\x81" . chr($length) : "\x82" . pack('n', $length));
    return chr($tag) . $bytes . $content;
}

/** An unsigned integer in DER. */
function derInteger(string $bytes): string
{
    $bytes = ltrim($bytes, "\0");
    return der(0x02, ($bytes === '' || ord($bytes[0]) > 127 ? "\0" : '') . $bytes);
}

/** The public key of a JWK, for ES256 and RS256. */
function keyOf(array $jwk): OpenSSLAsymmetricKey
{
    if ($jwk['kty'] === 'EC' && $jwk['crv'] === 'P-256') {
        $algorithm = hex2bin('301306072a8648ce3d020106082a8648ce3d030107');
        $public = "\x04" . decodePart($jwk['x']) . decodePart($jwk['y']);
    } else {
        $algorithm = hex2bin('300d06092a864886f70d0101010500');
        $public = der(0x30, derInteger(decodePart($jwk['n'])) . derInteger(decodePart($jwk['e'])));
    }
    $pem = "-----BEGIN PUBLIC KEY-----\n" . chunk_split(base64_encode(der(0x30, $algorithm . der(0x03, "\0$public"))), 64) . '-----END PUBLIC KEY-----';
    return openssl_pkey_get_public($pem) ?: throw new UnexpectedValueException('unusable key');
}

/** The claims of a valid access token of a realm; a realm of the profile cognito has no type and no audience, here null. */
function verify(string $token, string $issuer, ?string $audience, string $jwksUri, ?string $typ, string $algorithm): array
{
    $parts = explode('.', $token);
    if (count($parts) !== 3) throw new UnexpectedValueException('not a JWT');
    $header = json_decode(decodePart($parts[0]), true, 8, JSON_THROW_ON_ERROR);
    // The algorithm is the realm's, never that of the token: otherwise "none" and HS256 with the public key would do.
    if (($header['typ'] ?? null) !== $typ || ($header['alg'] ?? null) !== $algorithm) throw new UnexpectedValueException('not an access token of this realm');
    // Keep the keys for five minutes (APCu), and read them again for an unknown "kid".
    $keys = json_decode(file_get_contents($jwksUri), true, 8, JSON_THROW_ON_ERROR)['keys'];
    $jwk = array_values(array_filter($keys, fn ($key) => $key['kid'] === ($header['kid'] ?? null) && $key['alg'] === $algorithm))[0] ?? throw new UnexpectedValueException('unknown key');
    $signature = decodePart($parts[2]);
    if ($algorithm === 'ES256') { // r and s one after the other; OpenSSL reads DER
        if (strlen($signature) !== 64) throw new UnexpectedValueException('wrong signature');
        $signature = der(0x30, derInteger(substr($signature, 0, 32)) . derInteger(substr($signature, 32)));
    }
    if (openssl_verify("$parts[0].$parts[1]", $signature, keyOf($jwk), OPENSSL_ALGO_SHA256) !== 1) throw new UnexpectedValueException('wrong signature');
    $claims = json_decode(decodePart($parts[1]), true, 32, JSON_THROW_ON_ERROR);
    if (($claims['iss'] ?? null) !== $issuer) throw new UnexpectedValueException('another issuer');
    if ($audience !== null && !in_array($audience, (array) ($claims['aud'] ?? []), true)) throw new UnexpectedValueException('another audience');
    if (($claims['exp'] ?? 0) + 2 <= time()) throw new UnexpectedValueException('expired');
    return $claims;
}
// endregion

if (PHP_SAPI !== 'cli') return; // required by route.php
while (($line = fgets(STDIN)) !== false) {
    [$issuer, $audience, $jwksUri, $typ, $algorithm, $token] = explode("\t", rtrim($line, "\n"));
    try {
        $claims = verify($token, $issuer, $audience ?: null, $jwksUri, $typ ?: null, $algorithm);
        echo "ok $claims[client_id]\n";
    } catch (Exception $error) {
        echo 'refused ', $error->getMessage(), "\n";
    }
}
