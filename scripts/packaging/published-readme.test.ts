import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publishedReadme } from './published-readme.ts'

const cases: readonly (readonly [what: string, text: string, published: string])[] = [
  ['a link to a guide', 'See [the guide](../../docs/keys.md#ends).', 'See the guide (`docs/keys.md` of the repository).'],
  ['a link that is called as its file', 'See [docs/keys.md](../../docs/keys.md).', 'See `docs/keys.md` of the repository.'],
  ['a link to a part of the same page', '[How](#how-it-learns)', '[How](#how-it-learns)'],
  ['a link to a site', '[RFC](https://www.rfc-editor.org/rfc/rfc6749)', '[RFC](https://www.rfc-editor.org/rfc/rfc6749)'],
  ['code with brackets and calls', '`list[0](request)`', '`list[0](request)`'],
]
for (const [what, text, published] of cases) {
  test(`${what} outside of the repository`, () => assert.equal(publishedReadme(text, 'packages/guard'), published))
}
