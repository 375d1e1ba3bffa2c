// `npm test`: every test of the workspace. Arguments narrow it: `npm test -- packages/guard`.
import { runTests } from './run-tests.ts'

const places = process.argv.slice(2)
runTests(places.length > 0 ? places : ['packages', 'examples', 'conformance', 'bench', 'safety', 'scripts'])
