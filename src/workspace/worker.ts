import { serveWorker } from "../pages/worker.js";
import { folds, keepers, passes, scorers } from "./registry.js";

// The entry of a worker thread: pages come in, sums go out.
serveWorker({ passes, folds, scorers, keepers });
