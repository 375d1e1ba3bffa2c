// The methods by which a client authenticates with an assertion: each adds a line here.
import type { CreateAssertionReader } from './client-assertions.ts'
import { createJwtReader } from './private-key-jwt.ts'

export const assertionReaders: readonly CreateAssertionReader[] = [createJwtReader]
