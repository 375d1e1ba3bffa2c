// `npm run conformance`: what the standards ask of a running server, against a demo of its own. `TARGET=http://localhost:8080`
// names another server, whose clients are in TARGET_STATE (default: .countersign/demo.json).
import { findTests, runTests } from './run-tests.ts'

process.exit(runTests(findTests(['conformance'])))
