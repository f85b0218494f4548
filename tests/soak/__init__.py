"""Long runs against real sockets: started by hand or by a schedule, never by the suite as a whole."""
