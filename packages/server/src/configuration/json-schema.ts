// The JSON Schema of the configuration file, so that editors complete and check it while it is written.
import { z } from 'zod'
import { configurationSchema } from './configuration.ts'

export function configurationJsonSchema(): object {
  return { title: 'Countersign configuration', ...z.toJSONSchema(configurationSchema, { io: 'input', unrepresentable: 'any' }) }
}
