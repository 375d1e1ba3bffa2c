import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluationRequest, evaluationsRequest } from './evaluation-schema.ts'

test('what decides nothing is dropped when it is read first, so that a hundred questions do not read a large default again', () => {
  const large = Object.fromEntries(Array.from({ length: 3 }, (_, at) => [`k${at}`, at]))
  const question = {
    subject: { type: 'client', id: 'acme', properties: large },
    action: { name: 'read', properties: {} },
    resource: { type: 'api', id: 'orders' },
    context: { ...large, requestor_id: 'someone' },
  }
  for (const schema of [evaluationRequest, evaluationsRequest]) {
    const { subject, context } = schema.parse(question)
    assert.deepEqual(context, { requestor_id: 'someone' })
    assert.deepEqual(subject?.properties, {})
  }
})
