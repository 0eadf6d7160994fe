import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// One script and one style sheet. Their names carry a hash because the server lets browsers keep them for good.
export default defineConfig({
  plugins: [react()],
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: "src/main.tsx",
      preserveEntrySignatures: "strict",
      output: {
        format: "es",
        entryFileNames: "canvas-[hash].js",
        assetFileNames: "canvas-[hash][extname]",
        codeSplitting: false,
      },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
