import * as z from "zod";

// zod tries `new Function`, which a page's content security policy reports even where it is not missed.
z.config({ jitless: true });
