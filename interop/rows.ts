// Foreign software that has to work with Countersign, a row each: how it is installed, and the programs that use it.
import { join } from 'node:path'
import { installed, type Command, type InstallationName } from './installations.ts'
import type { SystemName } from '../conformance/target.fixture.ts'

export interface Row {
  readonly name: string
  readonly installation: InstallationName
  /** Names in the manifest of the installation, where their versions are. */
  readonly packages: readonly string[]
  /** Verifies tokens: reads lines of issuer, audience, JWKS URL, type, algorithm and token, answers each with "ok" and the client id, or "refused". */
  readonly verifies?: Command
  /** For a verifier that reads metadata, too: for the token "discover" it answers "ok" and the issuer. */
  readonly discovers?: true
  /** Where it cannot verify the tokens of every realm. */
  readonly only?: { readonly realms: readonly SystemName[]; readonly because: string }
  /** Calls the API once with a token of its own, and prints the status. */
  readonly calls?: Command
  /** Calls the API four times and prints each status; renews its token after 401, and waits after 429. */
  readonly renews?: Command
  /** Finds a client, prints "found" with its id, generates a secret, and prints "secret" with its value. */
  readonly administers?: Command
  /** Serves GET /v1/orders on PORT to holders of a token of nt24-idp for its audience. */
  readonly protects?: Command
  /** Guards an API: configured by a file of apache/. */
  readonly guards?: 'apache'
  /** Why the row fails, where that is a limit of the software; its output is in the result. */
  readonly limit?: string
}

const javascript = (file: string): Command => ['node', join(installed, 'javascript', file)]
const python = (file: string, environment = 'python'): Command => [
  join(installed, environment, 'bin', 'python'),
  join(import.meta.dirname, 'python', file),
]
const go = (name: string): Command => [join(installed, 'go', name)]
const rust = (name: string): Command => [join(installed, 'rust', 'debug', name)]
// A warning is a line of its own, which no case expects.
const php = (file: string): Command => [
  'php',
  '-d',
  'display_errors=stdout',
  '-d',
  'error_reporting=-1',
  join(import.meta.dirname, 'php', file),
]
const java = (classPath: string, main: string): Command => [
  'java',
  '-cp',
  [join(installed, 'java', `${classPath}-classes`), join(installed, 'java', classPath, '*')].join(':'),
  main,
]

const spring = ['spring-security-oauth2-client', 'spring-security-oauth2-jose']

export const rows: readonly Row[] = [
  { name: 'openid-client', installation: 'javascript', packages: ['openid-client'], calls: javascript('call_openid_client.mjs') },
  { name: 'simple-oauth2', installation: 'javascript', packages: ['simple-oauth2'], calls: javascript('call_simple_oauth2.mjs') },
  {
    name: 'axios-oauth-client',
    installation: 'javascript',
    packages: ['axios-oauth-client', 'axios'],
    calls: javascript('call_axios_oauth_client.mjs'),
  },
  { name: 'jose', installation: 'javascript', packages: ['jose'], verifies: javascript('verify_jose.mjs') },
  { name: 'aws-jwt-verify', installation: 'javascript', packages: ['aws-jwt-verify'], verifies: javascript('verify_aws.mjs') },
  {
    name: 'express-oauth2-jwt-bearer',
    installation: 'javascript',
    packages: ['express-oauth2-jwt-bearer'],
    verifies: javascript('verify_express_bearer.mjs'),
    only: {
      realms: ['novatrade24', 'partner-api', 'ptv'],
      because: 'it requires an audience, which tokens of the profile cognito do not have',
    },
  },
  {
    name: 'passport-jwt',
    installation: 'javascript',
    packages: ['passport-jwt', 'passport', 'jwks-rsa'],
    verifies: javascript('verify_passport.mjs'),
  },
  {
    name: 'keycloak-admin-client (JavaScript)',
    installation: 'javascript',
    packages: ['@keycloak/keycloak-admin-client'],
    administers: javascript('admin_keycloak_client.mjs'),
  },
  {
    name: 'PyJWT',
    installation: 'pyjwt',
    packages: ['PyJWT', 'Flask'],
    verifies: python('verify_pyjwt.py', 'pyjwt'),
    protects: python('route_flask.py', 'pyjwt'),
  },
  {
    name: 'Authlib',
    installation: 'python',
    packages: ['Authlib', 'joserfc'],
    verifies: python('verify_authlib.py'),
    discovers: true,
    calls: python('call_authlib.py'),
  },
  { name: 'httpx', installation: 'python', packages: ['httpx'], renews: python('call_httpx.py') },
  { name: 'requests-oauthlib', installation: 'python', packages: ['requests-oauthlib'], calls: python('call_requests_oauthlib.py') },
  { name: 'httpx-auth', installation: 'python', packages: ['httpx-auth'], calls: python('call_httpx_auth.py') },
  {
    name: 'python-keycloak',
    installation: 'python',
    packages: ['python-keycloak'],
    calls: python('call_python_keycloak.py'),
    administers: python('admin_python_keycloak.py'),
  },
  { name: 'x/oauth2', installation: 'go', packages: ['golang.org/x/oauth2'], renews: go('call') },
  {
    name: 'go-oidc',
    installation: 'go',
    packages: ['github.com/coreos/go-oidc/v3'],
    verifies: go('oidc'),
    discovers: true,
    protects: go('route'),
  },
  {
    name: 'Nimbus',
    installation: 'nimbus',
    packages: ['oauth2-oidc-sdk'],
    verifies: java('nimbus', 'VerifyNimbus'),
    discovers: true,
    renews: java('nimbus', 'CallNimbus'),
    protects: java('nimbus', 'RouteNimbus'),
  },
  {
    name: 'Spring Security 6',
    installation: 'spring6',
    packages: spring,
    verifies: java('spring6', 'VerifySpring'),
    discovers: true,
    renews: java('spring6', 'CallSpring'),
  },
  {
    name: 'Spring Security 7',
    installation: 'spring7',
    packages: spring,
    verifies: java('spring7', 'VerifySpring'),
    discovers: true,
    renews: java('spring7', 'CallSpring'),
  },
  {
    name: 'Quarkus',
    installation: 'quarkus',
    packages: ['quarkus-bom'],
    calls: ['java', '-jar', join(installed, 'java', 'quarkus', 'quarkus-app', 'quarkus-run.jar')],
  },
  { name: 'Apache HttpClient 4', installation: 'http', packages: ['httpclient'], calls: java('http', 'CallHttpClient4') },
  { name: 'Apache HttpClient 5', installation: 'http', packages: ['httpclient5'], calls: java('http', 'CallHttpClient5') },
  { name: 'OkHttp', installation: 'http', packages: ['okhttp-jvm'], calls: java('http', 'CallOkHttp') },
  {
    name: 'keycloak-admin-client (Java)',
    installation: 'keycloak',
    packages: ['keycloak-admin-client'],
    administers: java('keycloak', 'AdminKeycloak'),
  },
  { name: 'oauth2 (Rust)', installation: 'rust', packages: ['oauth2'], renews: rust('call_oauth2') },
  { name: 'openidconnect (Rust)', installation: 'rust', packages: ['openidconnect'], calls: rust('call_openidconnect') },
  {
    name: 'jsonwebtoken (Rust)',
    installation: 'rust',
    packages: ['jsonwebtoken'],
    verifies: rust('verify_jsonwebtoken'),
    protects: rust('route_jsonwebtoken'),
  },
  {
    name: 'PHP with openssl and curl',
    installation: 'php',
    packages: [],
    verifies: php('verify.php'),
    protects: ['sh', '-c', `exec php -S 127.0.0.1:$PORT ${join(import.meta.dirname, 'php', 'route.php')}`],
    renews: php('call.php'),
  },
  {
    name: 'kcadm',
    installation: 'kcadm',
    packages: ['keycloak-quarkus-dist'],
    administers: ['sh', join(import.meta.dirname, 'kcadm', 'admin.sh'), join(installed, 'kcadm')],
  },
  {
    name: "Ansible's Keycloak modules",
    installation: 'ansible',
    packages: ['ansible'],
    administers: ['sh', join(import.meta.dirname, 'ansible', 'admin.sh'), join(installed, 'ansible')],
  },
  { name: 'mod_auth_openidc', installation: 'apache', packages: ['libapache2-mod-auth-openidc'], guards: 'apache' },
]
