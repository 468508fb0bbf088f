#!/usr/bin/env node
if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`smoothout: needs Node.js 20 or later, this is ${process.versions.node}`);
  process.exit(2);
}
const { main } = await import('../dist/cli/main.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes('dist/cli/main.js')) throw error;
  console.error('smoothout: not built yet\nRun npm run build in its folder.');
  process.exit(2);
});
// Not process.exit: what was printed to a pipe may still be on its way.
process.exitCode = await main(process.argv.slice(2));
