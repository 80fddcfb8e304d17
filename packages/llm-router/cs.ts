// @ts-nocheck
import { LLMRouter } from "./src/index.ts";
import { startLocalRedis } from "@llm-router/service-kit";
import { connectRedis, whenReady } from "@llm-router/job-queue";
const server = await startLocalRedis({});
const hold=setInterval(()=>{},1000);
const redis=connectRedis({url:server.url},"blocking"); await whenReady(redis,2000);
const router=new LLMRouter({redis:server.url,namespace:"cs",logger:undefined});
router.addModel("a",{concurrency:50,backend:{async generate(){return {content:"ok",finishReason:"stop"};}}});
await router.generate("warm");
async function sat(n,k){ let left=n; const lane=async()=>{ while(left-->0) await router.generate("hello there, this is a prompt"); }; await Promise.all(Array.from({length:k},lane)); }
await sat(2000,64);
await redis.config("RESETSTAT");
const t=performance.now(); await sat(6000,64); const dt=performance.now()-t;
const cs=await redis.info("commandstats");
console.log("per s",(6000/dt*1000).toFixed(0));
for (const l of cs.split("\r\n")) { const m=/cmdstat_(\S+):calls=(\d+),usec=(\d+),usec_per_call=([\d.]+)/.exec(l); if(m&&Number(m[2])>200) console.log(m[1].padEnd(14),(Number(m[2])/6000).toFixed(2),"per job",(Number(m[3])/6000).toFixed(1),"us per job"); }
await router.close(); clearInterval(hold); redis.disconnect(); await server.stop(); process.exit();
