// What TypeScript makes of the document: it compiles only if this is so.
import type { components, paths } from "./api";

// What has a value by itself is not demanded.
const made: components["schemas"]["NewTask"] = { title: "Ship it" };
const change: components["schemas"]["TaskChange"] = { description: null };
type List = paths["/tasks"]["get"]["responses"][200]["content"]["application/json"];
const titles = (tasks: List): string[] => tasks.map((task) => task.title);
export { made, change, titles };
