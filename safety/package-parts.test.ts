// What a bundler includes when only a part of a package is imported: one part must not pull in another.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, test } from 'node:test'
import { rolldown } from 'rolldown'
import { root } from './source-tree.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-parts-'))
after(() => rmSync(folder, { recursive: true }))

/** The files of the packages whose code is in the bundle of a program with this one import. */
async function filesTakenBy(names: string, specifier: string): Promise<string[]> {
  const input = join(folder, 'program.ts')
  const target = join(
    root,
    'packages',
    specifier
      .replace('@countersign/', '')
      .replace(/^(\w+)$/, '$1/index')
      .replace(/^guard\/(?!index$)/, 'guard/adapters/')
      .replace('/', '/src/') + '.ts',
  )
  writeFileSync(input, `import { ${names} } from ${JSON.stringify(target)}\nconsole.log(${names})\n`)
  const bundle = await rolldown({
    input,
    platform: 'node',
    resolve: { conditionNames: ['@countersign/source', 'node'] },
    external: ['fastify', 'zod', /^@nestjs\//],
    logLevel: 'silent',
  })
  const { output } = await bundle.generate()
  await bundle.close()
  return output
    .flatMap((file) => (file.type === 'chunk' ? Object.entries(file.modules) : []))
    .filter(([, module]) => (module.code ?? '').trim() !== '')
    .map(([path]) => relative(join(root, 'packages'), path))
    .filter((path) => !path.startsWith('..'))
    .map((path) => path.replace('/src/', '/'))
    .toSorted()
}

const parts: [names: string, specifier: string, taken: RegExp, left: RegExp][] = [
  ['parseScope', '@countersign/protocol', /^protocol\/scope\.ts$/, /./],
  ['isLoopbackHost', '@countersign/protocol', /^protocol\/loopback\.ts$/, /./],
  ['withBearer', '@countersign/client', /^client\/with-bearer\.ts$/, /rotat|axios|token-provider|exchange|discovery|problems/],
  ['createTokenProvider', '@countersign/client', /^client\/exchange\.ts$/, /rotat|axios|with-bearer|problems|entitlement/],
  ['attachBearer', '@countersign/client/axios', /^client\/axios\.ts$/, /rotat|with-bearer|token-provider|exchange|problems/],
  ['withBearer', '@countersign/client/got', /^client\/got\.ts$/, /rotat|axios|with-bearer|token-provider|exchange|problems/],
  ['withBearer', '@countersign/client/ky', /^client\/ky\.ts$/, /rotat|axios|token-provider|exchange|problems/],
  ['withBearer', '@countersign/client/undici', /^client\/undici\.ts$/, /rotat|axios|with-bearer|token-provider|exchange|problems/],
  ['fileSecret', '@countersign/client/node', /^client\/node\.ts$/, /rotat|token-provider|exchange|problems/],
  ['createFakeIssuer', '@countersign/client/testing', /^client\/testing\/fake-issuer\.ts$/, /rotat|token-provider|exchange|problems/],
  ['exchangeJson', '@countersign/client/exchange', /^client\/exchange\.ts$/, /rotat|discovery|token-provider|json-request|protocol\//],
  ['discoverUrl', '@countersign/client/discovery', /^client\/discovery\.ts$/, /rotat|token-provider|json-request|problems/],
  ['createGuard', '@countersign/guard', /^guard\/guard\.ts$/, /^client\/|remote|fetch-json|fastify/],
  ['createRemoteGuard', '@countersign/guard', /^client\/exchange\.ts$/, /rotat|axios|fastify/],
  ...['express', 'fastify', 'fetch', 'hono', 'koa', 'lambda', 'nest', 'node-http'].map((adapter): [string, string, RegExp, RegExp] => [
    adapter === 'nest' ? 'CountersignModule' : 'countersignGuard',
    `@countersign/guard/${adapter}`,
    new RegExp(`^guard/adapters/${adapter}\\.ts$`),
    /^client\/|remote|verify-token|decide-access/,
  ]),
  ['operatorsTokenPath', '@countersign/admin', /^admin\/operation\.ts$/, /openapi|admin-client|shapes|operations/],
  ['table', '@countersign/admin/table', /^admin\/table\.ts$/, /./],
  ['forms', '@countersign/admin/forms', /^admin\/forms\.ts$/, /./],
  ['commandLineOf', '@countersign/admin/command-line', /^admin\/command-line\.ts$/, /openapi|shapes|operations|forms/],
  ['describeEvent', '@countersign/admin/event-words', /^admin\/event-words\.ts$/, /operations|shapes/],
  ['readPartnerLines', '@countersign/admin/partner-lines', /^admin\/partner-lines\.ts$/, /operations|shapes/],
]
for (const [names, specifier, taken, left] of parts) {
  test(`${names} of ${specifier} is bundled without parts that it does not use`, async () => {
    const files = await filesTakenBy(names, specifier)
    const own = files.filter((file) => taken.test(file))
    assert.equal(own.length, 1, `taken: ${files.join(', ')}`)
    assert.deepEqual(
      files.filter((file) => left.test(file) && !taken.test(file)),
      [],
    )
  })
}
