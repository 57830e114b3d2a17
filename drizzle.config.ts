import type { Config } from 'drizzle-kit';

/** For `npx drizzle-kit generate` after a change of src/store/tables.ts. */
const config: Config = { dialect: 'postgresql', schema: './src/store/tables.ts', out: './drizzle' };

export default config;
