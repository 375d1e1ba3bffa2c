// The JSON Schema of the configuration file, with which editors complete and check it.
import { z } from 'zod'
import { configurationSchema } from './configuration.ts'

export function configurationJsonSchema(): object {
  return { title: 'Countersign configuration', ...z.toJSONSchema(configurationSchema, { io: 'input', unrepresentable: 'any' }) }
}
