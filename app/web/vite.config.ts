import { defineConfig } from "vite";

// The service serves these files under the same paths, with a policy that allows no inline script.
export default defineConfig({
  base: "/",
  build: {
    outDir: "built",
    emptyOutDir: true,
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
    rolldownOptions: {
      input: ["login.html", "wallboard.html"],
      output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] } },
    },
  },
});
