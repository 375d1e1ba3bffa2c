// Writes the generated files: the JSON Schema of the configuration file, for editors, and the OpenAPI document of the admin API, for
// client generators. The check compares every JSON file in docs/.
import { writeFileSync } from 'node:fs'
import { openApiDocument } from '@countersign/admin'
import { configurationJsonSchema } from '@countersign/server'

write('docs/countersign.schema.json', configurationJsonSchema())
write('docs/openapi.json', openApiDocument({ serverUrl: 'http://localhost:8080' }))

function write(path: string, document: unknown): void {
  writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`)
}
