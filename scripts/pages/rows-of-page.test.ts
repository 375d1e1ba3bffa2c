import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundlePage } from './bundle-pages.ts'

const ofBoth = ['organizations/{organization}/access-requests', 'Ask for a partner, a capability, a scope or a client']
const ofOperators = ['organizations/{organization}/suspend', 'Delete a partner']
const ofPortal = ['role: "developer"', 'role:`developer`']

for (const [page, wanted, unwanted] of [
  ['portal', ofBoth, ofOperators],
  ['console', [...ofBoth, ...ofOperators], ofPortal],
] as const)
  test(`the ${page} gets the operations that it calls, and their forms`, async () => {
    const text = Object.values((await bundlePage(page)).files).join('\n')
    assert.deepEqual(
      wanted.filter((one) => !text.includes(one)),
      [],
    )
    assert.deepEqual(
      unwanted.filter((one) => text.includes(one)),
      [],
    )
  })
