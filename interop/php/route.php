<?php
require 'verify.php';

if (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) !== '/v1/orders') {
    http_response_code(404);
    exit;
}
[$scheme, $token] = explode(' ', $_SERVER['HTTP_AUTHORIZATION'] ?? '', 2) + [1 => ''];
if (strcasecmp($scheme, 'Bearer') !== 0) {
    header('WWW-Authenticate: Bearer', true, 401);
    exit;
}
try {
    // The type is "at+jwt" with the profile rfc9068.
    $claims = verify($token, getenv('ISSUER'), 'nt24-integration-api', getenv('JWKS_URI'), 'JWT', 'ES256');
} catch (UnexpectedValueException | JsonException $error) {
    error_log($error->getMessage());
    header('WWW-Authenticate: Bearer error="invalid_token"', true, 401);
    exit;
}
header('Content-Type: application/json');
echo json_encode(['client' => $claims['client_id'], 'orders' => []]), "\n";
