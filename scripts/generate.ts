// Writes the generated files: the JSON Schemas of the configuration files, for editors, the OpenAPI document of the admin API, for
// client generators, the tables of peers from their last measurement, the programs in the pages for other languages, the tokens of
// docs/tokens.md, the configurations and tables of proxies in docs/gateway.md, the style of the server's pages, and for the browser the tables of
// operations and the programs that call an API. The check compares the files in docs/ and packages/; safety/ the tables.
import { readFileSync, writeFileSync } from 'node:fs'
import { openApiDocument } from '@countersign/admin'
import { gatewayJsonSchema } from '@countersign/gateway'
import { configurationJsonSchema } from '@countersign/server'
import { languagePrograms, languageProgramsPath } from './language-programs.ts'
import { operationTables } from './operation-tables.ts'
import { pageStyleModule } from './page-style.ts'
import { withProxyParts } from './proxy-pages.ts'
import { makeTokenSamples, withTokenSamples } from './token-samples.ts'
import { pagesWithPrograms, withPrograms } from './page-programs.ts'
import { peersSummary, peersTables, withPeersTable, type PeersResult } from '../bench/src/peers/peers-markdown.ts'

write('docs/countersign.schema.json', configurationJsonSchema())
write('docs/gateway.schema.json', gatewayJsonSchema())
write('docs/openapi.json', openApiDocument({ serverUrl: 'http://localhost:8080' }))

for (const [path, text] of Object.entries(operationTables)) writeFileSync(path, text)

const peers = JSON.parse(readFileSync('bench/results/peers.json', 'utf8')) as PeersResult
writeFileSync('bench/README.md', withPeersTable(readFileSync('bench/README.md', 'utf8'), peersTables(peers)))
writeFileSync('README.md', withPeersTable(readFileSync('README.md', 'utf8'), peersSummary(peers)))

writeFileSync(languageProgramsPath, languagePrograms())
for (const page of pagesWithPrograms) writeFileSync(page, withPrograms(readFileSync(page, 'utf8')))

const tokens = readFileSync('docs/tokens.md', 'utf8')
writeFileSync('docs/tokens.md', withTokenSamples(tokens, await makeTokenSamples(tokens)))

writeFileSync('docs/gateway.md', withProxyParts(readFileSync('docs/gateway.md', 'utf8')))

writeFileSync('packages/server/src/http/page-style.ts', pageStyleModule())

function write(path: string, document: unknown): void {
  writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`)
}
