import { Command } from "commander";

export function configCommand(): Command {
  return new Command("config").description("work with configuration files").addCommand(
    new Command("check")
      .description("read a configuration as a worker would, and say all that is wrong with it")
      .argument("[file]", "default: LLMR_CONFIG, else ./llm-router.yaml, else ./llm-router.json")
      .action(async (file: string | undefined) => {
        const [{ loadConfig, RouterError }, { formatConfig }] = await Promise.all([
          import("@llm-router/contracts"),
          import("../format-config.ts"),
        ]);
        const { config, path } = loadConfig(file === undefined ? {} : { path: file });
        if (path === undefined)
          throw new RouterError("CONFIG_INVALID", "There is no llm-router.yaml or .json here, and LLMR_CONFIG names none; name a file.");
        if (Object.keys(config.models).length === 0)
          throw new RouterError("CONFIG_INVALID", `${path} defines no models; write at least one under models.`);
        console.log(formatConfig(path, config, process.env));
      }),
  );
}
