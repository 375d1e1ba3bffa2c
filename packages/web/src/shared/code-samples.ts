// Programs that get a token and call an API, for the integrator of a client: filled in with what is no secret. The secret is never in
// them, also where a page knows it. They are the programs of docs/calling.md and docs/languages.
import { languagePrograms } from './language-programs.ts'

export interface SampleValues {
  readonly issuer: string
  readonly tokenUrl: string
  readonly clientId: string
  /** Of the API to call; by default an example. */
  readonly apiUrl?: string
}

export interface CodeSample {
  readonly name: string
  /** Lines for a shell: what to install, or the variables that the program reads. */
  readonly before: string
  readonly code: string
  /** The name of the file that it is saved as, and the command that runs it. */
  readonly run?: { readonly file: string; readonly command: string }
}

const exampleApi = 'https://api.example.com/v1/me'

export function codeSamples(values: SampleValues): readonly CodeSample[] {
  const { issuer, tokenUrl, clientId, apiUrl = exampleApi } = values
  const common = { CLIENT_ID: clientId, API_URL: apiUrl }
  const withTokenUrl = variables({ TOKEN_URL: tokenUrl, ...common })
  return [
    { name: 'curl', before: readSecret, code: curl(values) },
    { name: 'TypeScript', before: shell(install), code: typeScript(issuer, clientId, apiUrl), run: node },
    { name: 'axios', before: shell(`${install} axios`), code: axios(issuer, clientId, apiUrl), run: node },
    { name: 'Java (Spring)', before: shell(maven, variables({ ISSUER: issuer, ...common })), code: languagePrograms.spring, run: java },
    { name: 'Python (httpx)', before: shell(pip, withTokenUrl), code: languagePrograms.python, run: python },
    { name: 'Go', before: shell(goModule, withTokenUrl), code: languagePrograms.go, run: go },
    { name: '.NET', before: shell(dotnetProject, withTokenUrl), code: languagePrograms.dotnet, run: dotnet },
  ]
}

const install = 'npm install @countersign/client'
const pip = 'python3 -m venv .venv && .venv/bin/pip install httpx'
const goModule = 'go mod init example.com/call && go get golang.org/x/oauth2'
const dotnetProject = 'dotnet new console --name Caller'
const maven = `cat > pom.xml <<'END'
${languagePrograms.springPom}
END
mvn --quiet dependency:copy-dependencies -DoutputDirectory=lib`
const node = { file: 'call.mjs', command: 'node call.mjs' }
const python = { file: 'call.py', command: '.venv/bin/python call.py' }
const go = { file: 'main.go', command: 'go run main.go' }
const java = { file: 'CallSpring.java', command: "java -cp 'lib/*' CallSpring.java" }
const dotnet = { file: 'Caller/Program.cs', command: 'dotnet run --project Caller' }
/** No comment behind it: zsh does not know comments at its prompt. */
const readSecret = 'read -rs CLIENT_SECRET'

/** It reads the secret last: some shells would take a pasted line behind it for the secret. */
function shell(...lines: readonly string[]): string {
  return [...lines, 'export CLIENT_SECRET', readSecret].join('\n')
}

function variables(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `export ${name}=${inShell(value)}`)
    .join('\n')
}

function curl({ tokenUrl, clientId, apiUrl = exampleApi }: SampleValues): string {
  return `TOKEN=$(curl -s ${inShell(tokenUrl)} \\
  -d grant_type=client_credentials \\
  -u "${encodeURIComponent(clientId).replaceAll('!', '%21')}:$CLIENT_SECRET" |
  sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl -s ${inShell(apiUrl)} -H "Authorization: Bearer $TOKEN"`
}

function typeScript(issuer: string, clientId: string, apiUrl: string): string {
  return `import { createTokenProvider, withBearer } from '@countersign/client'

const tokens = createTokenProvider({
  issuer: ${inScript(issuer)}, // or tokenUrl: the token endpoint itself
  clientId: ${inScript(clientId)},
  clientSecret: process.env.CLIENT_SECRET ?? '',
})
const callApi = withBearer(fetch, tokens, { origins: [${inScript(originOf(apiUrl))}] })

const response = await callApi(${inScript(apiUrl)})
console.log(response.status, await response.json())`
}

function axios(issuer: string, clientId: string, apiUrl: string): string {
  const origin = originOf(apiUrl)
  return `import axios from 'axios'
import { createTokenProvider } from '@countersign/client'
import { attachBearer } from '@countersign/client/axios'

const tokens = createTokenProvider({
  issuer: ${inScript(issuer)},
  clientId: ${inScript(clientId)},
  clientSecret: process.env.CLIENT_SECRET ?? '',
})
const api = axios.create({ baseURL: ${inScript(origin)} })
attachBearer(api, tokens, { origins: [${inScript(origin)}] })

const { status, data } = await api.get(${inScript(apiUrl.slice(origin.length))})
console.log(status, data)`
}

function originOf(url: string): string {
  return new URL(url).origin
}

/** The text as one word of a POSIX shell. */
function inShell(text: string): string {
  return /^[A-Za-z0-9._:/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** The text as a string of JavaScript. */
function inScript(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}
