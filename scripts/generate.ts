// Writes the files that are made from code: today the JSON Schema of the configuration file, for editors.
import { writeFileSync } from 'node:fs'
import { configurationJsonSchema } from '@countersign/server'

writeFileSync('docs/countersign.schema.json', `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`)
