// Needs Redis on 127.0.0.1:6379 (or REDIS_URL), and Ollama with the model: ollama pull qwen2.5:3b
import { LLMRouter, Priority } from "llm-router";

const router = new LLMRouter();
router.addModel("local", { provider: "ollama", model: "qwen2.5:3b" });
const answer = await router.generate("What is the capital of France?", { priority: Priority.NORMAL });

console.log(answer.content);
await router.close();
