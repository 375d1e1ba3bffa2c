// `npm run conformance`: tests of the standards against a running server, by default a demo of its own. `TARGET=http://localhost:8080`
// names another server, whose clients are in TARGET_STATE (default: .countersign/demo.json).
import { findTargetTests, runTests } from './run-tests.ts'

process.exit(runTests(findTargetTests()))
