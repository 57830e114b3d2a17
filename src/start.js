import module from 'node:module';

/** The way in: plain JavaScript, so that an older Node can read this far and say what is missing. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Orrery needs Node 22.18 or newer; this is ${process.version} (${process.execPath}).\n` +
      'On Linux, `npm ci` installs one beside the other packages and `npm start` uses it; elsewhere install it first.\n',
  );
  process.exit(1);
}

// Compiled code is kept between starts: reading the types out of every file takes longer than everything else.
module.enableCompileCache?.();

await import('./main.ts');
module.flushCompileCache?.();
